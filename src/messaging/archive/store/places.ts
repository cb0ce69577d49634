import path from 'node:path'
import { bucketStore } from './bucket.ts'
import { folderStore } from './folder.ts'
import type { Store } from './store.ts'

const BUCKET = 's3://'

/** @param place a folder, or `s3://<bucket>/<prefix>` */
export const storeAt = (place: string): Store => (place.startsWith(BUCKET) ? bucketStore(place) : folderStore(place))

/** The place of this name within another one: absolute, so that it can be noted. */
export const placeIn = (parent: string, name = ''): string =>
  parent.startsWith(BUCKET) ? `${parent.replace(/\/+$/, '')}${name && `/${name}`}` : path.resolve(parent, name)

/** A file by itself: the place that it lies in, and its name there. */
export const splitPlace = (file: string): { store: Store; name: string } => ({
  store: storeAt(path.dirname(file).replace(/^s3:\/(?!\/)/, BUCKET)),
  name: path.basename(file),
})
