import { existsSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { SetupError } from '../project.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The browser of the system; CHROMIUM names another one. */
export const chromiumPath = () => [process.env['CHROMIUM'] ?? '', ...PLACES].find((place) => place && existsSync(place))

/** @throws SetupError where there is none */
export async function openChromium(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (!executablePath)
    throw new SetupError(`There is no Chromium (${PLACES.join(', ')}): apt-get install chromium, or set CHROMIUM.`)
  const { chromium } = await import('playwright-core')
  return chromium.launch({ executablePath, args: ['--no-sandbox'] })
}
