export const POLICY_FILE = 'sentinel.yaml';
