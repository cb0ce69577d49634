/** A line of a body; without `text` it was longer than allowed, or is no UTF-8. */
export interface RawLine {
  /** From 1; blank lines count. */
  number: number
  text?: string
  fault?: 'line-too-long' | 'invalid-encoding'
}

const LINE_FEED = 10

/**
 * The lines of a body, those that a chunk has completed together. Of a line that is too long nothing is kept, so this needs no more
 * memory than a chunk and a line.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, mostBytes: number): AsyncGenerator<RawLine[]> {
  const line = new GrowingLine(mostBytes)
  for await (const chunk of chunks) {
    const lines: RawLine[] = []
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      line.add(chunk.subarray(from, end))
      lines.push(line.finish())
      from = end + 1
    }
    line.add(chunk.subarray(from))
    if (lines.length > 0) yield lines
  }
  if (!line.isEmpty) yield [line.finish()]
}

class GrowingLine {
  private readonly decoder = new TextDecoder('utf-8', { fatal: true })
  private readonly mostBytes: number
  private parts: Uint8Array[] = []
  private bytes = 0
  private number = 0
  constructor(mostBytes: number) {
    this.mostBytes = mostBytes
  }

  get isEmpty(): boolean {
    return this.bytes === 0
  }

  add(part: Uint8Array): void {
    this.bytes += part.length
    if (this.bytes > this.mostBytes) this.parts = []
    else this.parts.push(part)
  }

  finish(): RawLine {
    const { parts, bytes } = this
    const number = (this.number += 1)
    this.parts = []
    this.bytes = 0
    if (bytes > this.mostBytes) return { number, fault: 'line-too-long' }
    try {
      return { number, text: this.decoder.decode(Buffer.concat(parts)) }
    } catch {
      return { number, fault: 'invalid-encoding' }
    }
  }
}
