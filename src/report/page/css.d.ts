/** Style sheets are imported for their effect: esbuild puts them into the page's one style. */
declare module '*.css';
