/** What a person types for an incident (`INC-3`, `inc-3`, `3`) as the store has it; anything else as it is. */
export function incidentLabel(typed: string): string {
  const number = /^(?:inc-?)?0*([1-9]\d{0,14})$/i.exec(typed)?.[1];
  return number === undefined ? typed : `INC-${number}`;
}
