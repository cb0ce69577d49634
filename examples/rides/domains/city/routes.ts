import { readFileSync } from 'node:fs'
import path from 'node:path'
import { defineRoute, type Route } from '#http'
import type { Database } from '#platform/database'
import { readCity } from './live.ts'
import { drawMap } from './map/draw-map.ts'
import type { Positions } from './positions.ts'

interface Needs {
  db: Database
  positions: Positions
}

const PAGE = path.resolve(import.meta.dirname, '../../page')
const tag = 'City'
const HTML = 'text/html; charset=utf-8'
const SCRIPT = 'text/javascript; charset=utf-8'
const FILES = {
  'city.js': SCRIPT,
  'drawing.js': SCRIPT,
  'story.js': SCRIPT,
  'words.js': SCRIPT,
  'city.css': 'text/css; charset=utf-8',
} as const
/** The page asks this server and nobody else. */
const POLICY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-ancestors 'none'",
}

/** The page of the city, and what it asks for every second. */
export function cityRoutes({ db, positions }: Needs): Route[] {
  const get = { method: 'get', tag, public: true } as const
  const file = (name: string, type: string) => () => ({
    status: 200,
    headers: POLICY,
    text: { type, text: readFileSync(path.join(PAGE, name), 'utf8') },
  })
  return [
    defineRoute({
      ...get,
      path: '/city',
      operationId: 'showCity',
      summary: 'The city with its drivers, riders and fares, live',
      replies: { 200: { description: 'An HTML page' } },
      handle: file('city.html', HTML),
    }),
    ...Object.entries(FILES).map(([name, type]) =>
      defineRoute({
        ...get,
        path: `/city/${name}`,
        operationId: `get-${name.replace('.', '-')}`,
        summary: 'A part of the page',
        replies: { 200: { description: 'A file' } },
        handle: file(name, type),
      }),
    ),
    defineRoute({
      ...get,
      path: '/city/map.json',
      operationId: 'getMap',
      summary: 'Zones, river, parks and streets to draw',
      replies: { 200: { description: 'Lines and areas, in degrees' } },
      handle: () => ({ status: 200, body: drawMap() }),
    }),
    defineRoute({
      ...get,
      path: '/city/live.json',
      operationId: 'getCity',
      summary: 'Who drives where, who waits, and what demand does to the fare, at this moment',
      replies: { 200: { description: 'The city' } },
      handle: async () => ({ status: 200, body: await readCity(db, positions) }),
    }),
  ]
}
