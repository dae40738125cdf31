-- Down migration for: open-orders

ALTER TABLE "order_lines" DROP CONSTRAINT "order_lines_quantity_check";
--> statement-breakpoint
DROP INDEX "orders_open_idx";
--> statement-breakpoint
ALTER TABLE "products" DROP CONSTRAINT "products_price_cents_check";
