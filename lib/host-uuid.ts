const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** UUIDs that boards ship with when nobody gave them one: shared by thousands of hosts. */
const VENDOR_DEFAULT_UUIDS: ReadonlySet<string> = new Set([
  '03000200-0400-0500-0006-000700080009',
  '00020003-0004-0005-0006-000700080009',
  '03020100-0504-0706-0809-0a0b0c0d0e0f',
  '12345678-1234-5678-90ab-cddeefaabbcc',
  '12345678-1234-1234-1234-123456789abc',
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
  '11111111-2222-3333-4444-555555555555',
])

/** A DMI UUID in lower case that tells this host from others, or ''. */
export function usableUuid(text: string): string {
  const uuid = text.toLowerCase()
  if (!UUID.test(uuid) || VENDOR_DEFAULT_UUIDS.has(uuid)) return ''
  const digits = uuid.replaceAll('-', '')
  return /^(.)\1*$/.test(digits) ? '' : uuid // all 0, all F, ...
}
