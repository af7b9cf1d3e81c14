import { Argument, type Command } from 'commander'

import { type CommandNode, completionScript, type Shell, SHELLS } from '../completion-script.ts'

export function completionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a completion script: source <(sluice completion bash)')
    .addArgument(new Argument('<shell>').choices([...SHELLS]))
    .action((shell: Shell) => {
      process.stdout.write(completionScript(shell, nodeOf(program)))
    })
}

function nodeOf(command: Command): CommandNode {
  return {
    name: command.name(),
    description: command.description(),
    flags: command.options.flatMap((option) =>
      [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
    ),
    children: command.commands.map(nodeOf),
  }
}
