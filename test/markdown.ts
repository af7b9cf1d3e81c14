/** As much of Markdown as is needed to follow the links of our own documents. */

/** Targets of inline links and images outside of code. */
export function linksOf(text: string): readonly string[] {
  const prose = withoutCode(text)
  return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => match[1] ?? '')
}

/** The anchors that GitHub gives to the headings. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const headings = text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#{1,6}\s+(.+?)\s*$/gm)
  const seen = new Map<string, number>()
  const anchors = new Set<string>()
  for (const [, heading = ''] of headings) {
    const anchor = anchorOf(heading)
    const earlier = seen.get(anchor) ?? 0
    seen.set(anchor, earlier + 1)
    anchors.add(earlier === 0 ? anchor : `${anchor}-${earlier}`)
  }
  return anchors
}

function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-')
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
}
