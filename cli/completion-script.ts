/** Shell completion, made from the commands themselves so that it cannot fall behind. Pure. */

export interface CommandNode {
  readonly name: string
  readonly description: string
  /** `--output`, `-o` */
  readonly flags: readonly string[]
  readonly children: readonly CommandNode[]
}

export type Shell = 'bash' | 'zsh' | 'fish'
export const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']

/** @param root `sluice` itself */
export function completionScript(shell: Shell, root: CommandNode): string {
  switch (shell) {
    case 'bash':
      return bashScript(root)
    case 'zsh':
      return zshScript(root)
    case 'fish':
      return fishScript(root)
  }
}

/** `['', 'job', 'job apply', ...]` with what may follow each. */
function paths(node: CommandNode, prefix: readonly string[] = []): [string, CommandNode][] {
  const here: [string, CommandNode] = [prefix.join(' '), node]
  return [here, ...node.children.flatMap((child) => paths(child, [...prefix, child.name]))]
}

function words(node: CommandNode): string {
  return [...node.children.map((child) => child.name), ...node.flags].join(' ')
}

/** The words before the cursor, without options, name the command; files complete by default. */
function bashScript(root: CommandNode): string {
  const cases = paths(root).map(([path, node]) => `    '${path}') words='${words(node)}' ;;`)
  const known = paths(root).map(([path]) => `'${path}'`)
  return `# bash completion for sluice: source <(sluice completion bash)
_sluice() {
  local current=\${COMP_WORDS[COMP_CWORD]} path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${path:+$path }$word" in
      ${known.slice(1).join('|')}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sluice sluice
`
}

function zshScript(root: CommandNode): string {
  return `#compdef sluice
# zsh completion for sluice: source <(sluice completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bashScript(root).split('\n').slice(1).join('\n')}`
}

function fishScript(root: CommandNode): string {
  const lines = paths(root).flatMap(([path, node]) => {
    const condition = fishCondition(path, node)
    return [
      ...node.children.map(
        (child) =>
          `complete -c sluice -n '${condition}' -f -a ${child.name} -d '${fishQuote(child.description)}'`,
      ),
      ...node.flags
        .filter((flag) => flag.startsWith('--'))
        .map((flag) => `complete -c sluice -n '${condition}' -l ${flag.slice(2)}`),
    ]
  })
  return `# fish completion for sluice: sluice completion fish | source\n${lines.join('\n')}\n`
}

/** True where exactly the commands of the path were given, and none of the next level yet. */
function fishCondition(path: string, node: CommandNode): string {
  const seen = path === '' ? [] : path.split(' ').map((w) => `__fish_seen_subcommand_from ${w}`)
  const next = node.children.map((child) => child.name).join(' ')
  const none =
    path === ''
      ? ['__fish_use_subcommand']
      : next === ''
        ? []
        : [`not __fish_seen_subcommand_from ${next}`]
  return [...seen, ...none].join('; and ')
}

function fishQuote(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")
}
