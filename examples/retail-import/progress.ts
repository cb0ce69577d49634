import { SingleBar, Presets } from 'cli-progress'

export interface Progress {
  step(): void
  stop(): void
}

const TENTHS = 10

/** A bar on a terminal; elsewhere a line for each tenth. */
export function showProgress(what: string, total: number): Progress {
  return process.stdout.isTTY ? bar(what, total) : lines(what, total)
}

function bar(what: string, total: number): Progress {
  const format = `${what.padEnd(8)} {bar} {value}/{total}  {duration_formatted}`
  const single = new SingleBar({ format, hideCursor: true }, Presets.shades_classic)
  single.start(total, 0)
  return { step: () => single.increment(), stop: () => single.stop() }
}

function lines(what: string, total: number): Progress {
  let done = 0
  const tenth = () => Math.floor((done / total) * TENTHS)
  return {
    step() {
      const before = tenth()
      done++
      if (tenth() > before) process.stdout.write(`${what.padEnd(8)} ${done}/${total}\n`)
    },
    stop: () => {},
  }
}
