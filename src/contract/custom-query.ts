/** SQL of the user's own that measures one number of a table. Untrusted: it is run under every guard. */
export interface CustomQuery {
  /** As it is called in sentinel.yaml. */
  readonly name: string;
  readonly sql: {
    /** `expression`: an aggregate over the table; `query`: a whole query that gives one number. */
    readonly kind: 'expression' | 'query';
    readonly text: string;
  };
  /** It is run where the planner's total cost is at most this. */
  readonly maxCost: number;
}
