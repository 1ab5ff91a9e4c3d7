/** Where the shop sells: half of it at home. */
export const COUNTRY = `CASE WHEN pg_temp.u(i, 90) < 0.46 THEN 'DE' ELSE pg_temp.word(i, 91, '{FR,FR,PL,PL,SE,CZ,AT,NL,BR}') END`;
