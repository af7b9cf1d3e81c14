/** The match may overlap its copy: what is `offset` bytes behind repeats. */
export function copyMatch(to: usize, from: usize, length: usize, offset: usize): void {
  const until = to + length
  if (offset >= 16) {
    do {
      v128.store(to, v128.load(from))
      to += 16
      from += 16
    } while (to < until)
  } else if (offset >= 8) {
    do {
      store<u64>(to, load<u64>(from))
      to += 8
      from += 8
    } while (to < until)
  } else {
    do {
      store<u8>(to++, load<u8>(from++))
    } while (to < until)
  }
}
