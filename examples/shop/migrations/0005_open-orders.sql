-- Migration: open-orders
-- Generated: 2026-02-05T10:00:00.000Z
-- Checksum: fa6905114b9b1bc20f2425ddcc53d5c501c0458dd911d39a938f7442fd353ed9

-- order_lines: may fail if rows break the condition
-- order_lines: blocks writes while it reads every row
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_quantity_check" CHECK (quantity > 0);
--> statement-breakpoint
-- orders: blocks writes while it reads every row
CREATE INDEX "orders_open_idx" ON "orders" ("placed_at") WHERE state = 'open'::order_state;
--> statement-breakpoint
-- products: may fail if rows break the condition
-- products: blocks writes while it reads every row
ALTER TABLE "products" ADD CONSTRAINT "products_price_cents_check" CHECK (price_cents >= 0);
