-- Down migration for: alter-enum-order-state

ALTER TABLE "orders" ALTER COLUMN "state" DROP DEFAULT;
--> statement-breakpoint
ALTER TYPE "order_state" RENAME TO "order_state_whimbrel_old";
--> statement-breakpoint
CREATE TYPE "order_state" AS ENUM ('open', 'paid');
--> statement-breakpoint
COMMENT ON TYPE "order_state" IS 'How far an order has come.';
--> statement-breakpoint
-- orders.state: may fail if a value does not convert
-- orders: writes every row anew
ALTER TABLE "orders" ALTER COLUMN "state" TYPE order_state USING "state"::text::order_state;
--> statement-breakpoint
DROP TYPE "order_state_whimbrel_old";
--> statement-breakpoint
ALTER TABLE "orders" ALTER COLUMN "state" SET DEFAULT 'open'::order_state;
