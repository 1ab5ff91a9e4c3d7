/** Tables that people rarely want watched, by the shape of their names. */
export interface ExcludeFamily {
  readonly why: string;
  readonly globs: readonly string[];
  /** True where such a name may as well belong to a table that matters: it is proposed as a comment. */
  readonly doubtful?: true;
}

/** The first that matches a table takes it. */
export const EXCLUDE_FAMILIES: readonly ExcludeFamily[] = [
  {
    why: 'left over from a loader or a change of a table',
    globs: ['_airbyte_tmp*', '*__dbt_tmp', '*__dbt_backup', '*__dbt_new', 'dbt_test__audit.*', 'repack.*'],
  },
  { why: 'temporary tables', globs: ['tmp_*', '_tmp_*', '*_tmp', 'tmp.*'] },
  { why: 'older copies', globs: ['*_old', '*_bak', '*_bkp', '*_bck', '*_backup', '*_backup_*', '*_bak_*', '*_copy'] },
  { why: 'backups', globs: ['backup.*', 'backups.*', 'bak_*', 'bkp_*'] },
  {
    why: "a migration tool's own table",
    globs: [
      'schema_migrations',
      'ar_internal_metadata',
      'flyway_schema_history',
      'databasechangelog',
      'databasechangeloglock',
      'alembic_version',
      'django_migrations',
      'knex_migrations',
      'knex_migrations_lock',
      'SequelizeMeta',
      '_prisma_migrations',
      '__EFMigrationsHistory',
      'goose_db_version',
      '__drizzle_migrations',
      'pgmigrations',
      'kysely_migration',
      'kysely_migration_lock',
      'atlas_schema_revisions',
      'mikro_orm_migrations',
      'doctrine_migration_versions',
      'gorp_migrations',
      'play_evolutions',
      '_sqlx_migrations',
      '__diesel_schema_migrations',
      'refinery_schema_history',
      'phinxlog',
      'sqitch.*',
      'graphile_migrate.*',
    ],
  },
  {
    why: "a loader's own tables",
    globs: ['_dlt_*', '_sdc_*', 'fivetran_audit', 'fivetran_metadata*.*', 'airbyte_internal.*'],
  },
  {
    why: 'temporary tables, or temperatures',
    globs: ['temp_*', '*_temp', 'temp.*'],
    doubtful: true,
  },
  {
    why: 'staging: what is wrong there is seen in the tables made from it, and there first',
    globs: ['stg_*', 'staging_*', '*_stg', '*_staging', 'stg.*', 'staging.*'],
    doubtful: true,
  },
  {
    why: 'tried out or put aside',
    globs: ['old_*', 'backup_*', 'test_*', '*_test', 'scratch.*', 'sandbox.*', 'archive.*'],
    doubtful: true,
  },
];
