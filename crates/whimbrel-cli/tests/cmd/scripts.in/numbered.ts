// Migration 2: split-names
import type { Migration, MigrationDB } from 'kontract/migration';

interface User { id: bigint; name: string }

export default {
  version: 3,

  up: async (db: MigrationDB) => {
    await db.exec('ALTER TABLE users ADD COLUMN family TEXT');
    const users = (await db.query('SELECT id, name FROM users ORDER BY id')) as User[];
    for (const { id, name } of users) {
      const [first, family]: string[] = name.split(' ');
      await db.exec('UPDATE users SET name = ?, family = ? WHERE id = ?', [first, family, id]);
      console.log('split', name, { id, first, family });
    }
    await db.updateSchema('users', { family: { type: 'string', perm: 4 } });
  },

  down: async (db: MigrationDB) => {
    await db.exec("UPDATE users SET name = name || ' ' || family");
    await db.exec('ALTER TABLE users DROP COLUMN family');
  },
} satisfies Migration;
