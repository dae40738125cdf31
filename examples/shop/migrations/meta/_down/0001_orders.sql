-- Down migration for: orders
-- WARNING: order_lines: all rows are lost
-- WARNING: orders: all rows are lost

-- order_lines: all rows are lost
DROP TABLE "order_lines";
--> statement-breakpoint
-- orders: all rows are lost
DROP TABLE "orders";
--> statement-breakpoint
DROP TYPE "order_state";
