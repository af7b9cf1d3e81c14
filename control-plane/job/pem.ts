/**
 * Certificates and keys come as PEM text. A Java key store (JKS, PKCS#12) is told apart from other
 * wrong texts, because that is what DataWorks' users have at hand.
 */

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g
const PRIVATE_KEY =
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )?PRIVATE KEY-----/
/** Base64 of JKS' first bytes FE ED FE ED, and of PKCS#12's DER sequence. */
const JAVA_KEY_STORE = /^\s*(?:\/u3\+7Q|MII|\u00fe\u00ed\u00fe\u00ed)/

/** The certificates of a text, in its order and without anything else; null: there is none. */
export function certificatesOf(text: string): string | null {
  const found = text.match(CERTIFICATES)
  return found === null ? null : `${found.join('\n')}\n`
}

/** The first private key of a text; null: there is none. */
export function privateKeyOf(text: string): string | null {
  const found = PRIVATE_KEY.exec(text)?.[0]
  return found === undefined ? null : `${found}\n`
}

/** Why a text is no PEM, and how to get one. */
export function pemAdvice(text: string): string {
  if (JAVA_KEY_STORE.test(text) || /\.(jks|p12|pfx|keystore|truststore)$/i.test(text.trim())) {
    return 'it is a Java key store (JKS or PKCS#12), and PEM is needed; `keytool -list -rfc -keystore FILE` prints it'
  }
  return 'it has no "-----BEGIN CERTIFICATE-----" block; paste the text of a PEM file'
}
