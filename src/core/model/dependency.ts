/** A table or view by its name within its source. */
export interface RelationName {
  readonly schema: string;
  readonly table: string;
}

/** Of two relations of one source, which depends on which, as the catalog knows it. */
export interface Dependency {
  readonly on: RelationName;
  readonly dependent: RelationName;
  /** `view`: its rows are computed from the other's; `foreign key`: its rows refer to the other's. */
  readonly by: 'view' | 'foreign key';
}
