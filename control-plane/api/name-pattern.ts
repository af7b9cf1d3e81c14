/** What a name may be: of groups, agents, data sources, jobs and tokens. */
export const NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,59}$'

export const NAME_RULE =
  'a name is a letter, then letters, digits, underscores and hyphens, at most 60 characters'
