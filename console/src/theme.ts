import { createTheme, type CSSVariablesResolver } from '@mantine/core'

export const THEME = createTheme({
  primaryColor: 'indigo',
  primaryShade: 7, // white on it, and it on white, can be read by people of weak sight
  defaultRadius: 'md',
  // Greys with a little blue in them, from text to ground.
  colors: {
    dark: [
      '#e6e9ef',
      '#c3c9d4',
      '#9aa4b2',
      '#6b7686',
      '#343c48',
      '#2a303b',
      '#1c212a',
      '#161a21',
      '#12151b',
      '#0e1116',
    ],
  },
  fontFamily: "Inter, ui-sans-serif, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'Roboto Mono', Menlo, Consolas, monospace",
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.5rem', lineHeight: '1.3' }, h2: { fontSize: '1.05rem' } },
  },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Table: { defaultProps: { verticalSpacing: 'sm', horizontalSpacing: 'md' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 150, multiline: true } },
    Button: { defaultProps: { size: 'sm' } },
    SegmentedControl: { defaultProps: { transitionDuration: 0 } },
    // Its header is that of a dialog, not the banner of the page.
    Modal: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' }, attributes: { header: { role: 'none' } } } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none' } },
  },
})

/** The colours of grounds and lines, beside Mantine's own. Families of events have the colours of the story in the README. */
export const VARIABLES: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#f6f7f9',
    '--ground': '#ffffff',
    '--ground-2': '#f3f4f7',
    '--line': '#e3e6ec',
    '--ink-2': '#5a6372',
    '--mantine-color-dimmed': '#5a6372',
    '--ok': '#12805c',
    '--late': '#9a6700',
    '--bad': '#c22a32',
    '--mantine-color-error': '#c22a32',
    '--mantine-color-teal-light-color': '#056544',
    '--mantine-color-yellow-light-color': '#7a4f00',
    '--mantine-color-orange-light-color': '#8f3d00',
    '--shade': '0 1px 2px rgb(16 24 40 / 5%)',
    ...hues(0),
  },
  dark: {
    '--mantine-color-body': '#0e1116',
    '--ground': '#161a21',
    '--ground-2': '#1c212a',
    '--line': '#2a303b',
    '--ink-2': '#9aa4b2',
    '--mantine-color-dimmed': '#9aa4b2',
    '--ok': '#3fb98a',
    '--late': '#e0a72e',
    '--bad': '#ff7b72',
    '--mantine-color-error': '#ff7b72',
    '--mantine-color-gray-light': '#2a303b',
    '--mantine-color-gray-light-color': '#c3c9d4',
    '--shade': 'none',
    ...hues(1),
  },
})

const HUES = [
  ['#2563e0', '#58a6ff'],
  ['#a35b05', '#e3a13a'],
  ['#0c7a54', '#3fb98a'],
  ['#8a3ffc', '#b78aff'],
  ['#c6246f', '#f778ba'],
  ['#0a7084', '#39c5d8'],
  ['#bf3a30', '#ff8f85'],
  ['#50700f', '#9dc14a'],
] as const

function hues(shade: 0 | 1): Record<string, string> {
  return Object.fromEntries(HUES.map((shades, index) => [`--hue-${index}`, shades[shade]]))
}

/** The colour of the n-th family of events. */
export const hue = (index: number) => `var(--hue-${index % HUES.length})`
