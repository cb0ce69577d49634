/* global document, fetch */
import { element, pounds } from './words.js'

const panel = document.getElementById('story')
let open

document.getElementById('close').addEventListener('click', () => {
  open = undefined
  panel.hidden = true
})
document.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') document.getElementById('close').click()
})

/** The trip whose story is shown; undefined when none is. */
export const storyOf = () => open

export async function openStory(tripId) {
  open = tripId
  await refreshStory()
  panel.hidden = false
  panel.scrollTop = 0
}

/** The story goes on while somebody reads it. */
export async function refreshStory() {
  const asked = open
  if (!asked) return
  const answer = await fetch(`/v1/trips/${asked}/story`).catch(() => undefined)
  if (!answer?.ok || asked !== open) return
  show(await answer.json())
}

function show({ trip, events }) {
  const title = document.getElementById('story-title')
  title.textContent = `${trip.riderId} is ${trip.status === 'requested' ? 'waiting' : trip.status}`
  const fare = trip.amount === null ? 'no fare yet' : pounds(trip.amount)
  document.getElementById('story-facts').textContent =
    `${trip.driverId ?? 'no driver yet'} · ${fare} · ${trip.id.slice(0, 8)}`
  const start = Date.parse(events[0]?.time)
  document.getElementById('events').replaceChildren(...events.map((event) => entryOf(event, start)))
}

const DOTS = { trip: '#38c6d9', offer: '#f4d35e', fare: '#4fd08a', rider: '#b79cf7', eta: '#ff9f45', miles: '#f78fb3' }

function entryOf(event, start) {
  const entry = document.createElement('li')
  entry.style.setProperty('--dot', DOTS[event.type.split('.')[0]] ?? '#38c6d9')
  const head = element('div', '', 'head')
  head.append(element('b', event.type.replace('.', ' ').replace('-', ' ')), element('time', since(event.time, start)))
  entry.append(head)
  const said = sentenceOf(event)
  if (said) entry.append(element('p', said, 'says'))
  const reactions = document.createElement('ul')
  reactions.append(...event.reactions.map((one) => reactionOf(one, Date.parse(event.time))))
  entry.append(reactions)
  return entry
}

function since(time, start) {
  const ms = Date.parse(time) - start
  return ms === 0 ? 'begins' : `+${(ms / 1_000).toFixed(2)} s`
}

const fareOf = ({ amount }) => pounds(amount)
const minutes = (seconds) => `${Math.max(1, Math.round(seconds / 60))} min`

const SAYS = {
  'trip.requested': ({ distanceM }) => `${(distanceM / 1_000).toFixed(1)} km`,
  'fare.locked': ({ fare, surge }) => `${fareOf(fare)} at ${(surge / 100).toFixed(1)}×`,
  'rider.flagged': ({ reason }) => reason.replaceAll('-', ' '),
  'offer.made': ({ driverId, attempt, etaS }) =>
    `to ${driverId}, ${minutes(etaS)} away${attempt > 1 ? `; attempt ${attempt}` : ''}`,
  'offer.accepted': ({ driverId }) => `by ${driverId}`,
  'offer.declined': ({ driverId }) => `by ${driverId}`,
  'offer.timed-out': ({ driverId }) => `${driverId} has not answered`,
  'trip.confirmed': ({ driverId, etaS, fare }) => `${driverId} comes in ${minutes(etaS)} for ${fareOf(fare)}`,
  'eta.changed': ({ etaS }) => `now ${minutes(etaS)}`,
  'fare.charged': ({ fare }) => fareOf(fare),
  'fare.declined': ({ fare, code }) => `${fareOf(fare)}: ${code.replaceAll('_', ' ')}`,
  'miles.awarded': ({ miles }) => `${miles} miles`,
}

const sentenceOf = ({ type, data }) => SAYS[type]?.(data)

function reactionOf({ reaction, state, handledAt, attempt, reason }, began) {
  const isOpen = state !== 'handled'
  const line = element('li', '', isOpen ? (state === 'dead' ? 'dead' : 'open') : '')
  const tries = attempt > 1 ? `, attempt ${attempt}` : ''
  const end =
    handledAt === null ? `${state}${reason ? `: ${reason}` : ''}` : `${Date.parse(handledAt) - began} ms${tries}`
  line.append(element('span', reaction), element('span', end))
  return line
}
