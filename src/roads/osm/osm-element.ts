/** What OpenStreetMap's files hold, as far as roads need it. */

export type OsmTags = ReadonlyMap<string, string>;

export interface OsmWay {
  /** Of its nodes, in order. */
  readonly refs: readonly number[];
  readonly tags: OsmTags;
}

/** Is given all elements of a file, nodes in its order. */
export interface OsmVisitor {
  node?(id: number, lat: number, lng: number): void;
  way?(way: OsmWay): void;
}
