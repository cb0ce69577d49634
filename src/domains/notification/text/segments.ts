/** The alphabet of GSM (3GPP TS 23.038, 6.2.1), and what it has by an escape, which takes the room of two. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const ESCAPED = new Set('\f^{}\\[~]|€')

/** What a text takes of the network, and what is paid for: so many segments. */
export interface Segments {
  encoding: 'GSM-7' | 'UCS-2'
  segments: number
}

/**
 * How many segments a text is sent in: 160 characters of the alphabet of GSM, or 70 of UCS-2 if one is not in it; 153 or 67 where there
 * are several. No character is divided between two.
 */
export function segmentsOf(text: string): Segments {
  const characters = Array.from(text)
  const isGsm = characters.every((character) => BASIC.has(character) || ESCAPED.has(character))
  const sizes = characters.map((character) => (isGsm ? (ESCAPED.has(character) ? 2 : 1) : character.length))
  const [alone, joined] = isGsm ? ([160, 153] as const) : ([70, 67] as const)
  const encoding = isGsm ? 'GSM-7' : 'UCS-2'
  if (sizes.reduce((sum, size) => sum + size, 0) <= alone) return { encoding, segments: 1 }
  let [segments, used] = [1, 0]
  for (const size of sizes) {
    if (used + size > joined) [segments, used] = [segments + 1, 0]
    used += size
  }
  return { encoding, segments }
}
