-- Migration: orders
-- Generated: 2026-02-02T10:00:00.000Z
-- Checksum: 9bfc873bd35e7afc94885b44eac8591299c516590d9ce69e4c71c2588e2d28ee

CREATE TABLE "order_lines" (
  "order_id" bigint NOT NULL,
  "product_id" bigint NOT NULL,
  "quantity" integer NOT NULL DEFAULT 1,
  CONSTRAINT "order_lines_pkey" PRIMARY KEY ("order_id", "product_id")
);
--> statement-breakpoint
COMMENT ON TABLE "order_lines" IS 'A product in an order.';
--> statement-breakpoint
COMMENT ON COLUMN "order_lines"."order_id" IS 'The order.';
--> statement-breakpoint
COMMENT ON COLUMN "order_lines"."product_id" IS 'The product.';
--> statement-breakpoint
COMMENT ON COLUMN "order_lines"."quantity" IS 'How many of it.';
--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_product_id_fkey" FOREIGN KEY ("product_id") REFERENCES "products" ("id") ON DELETE RESTRICT;
--> statement-breakpoint
CREATE INDEX "order_lines_product_id_idx" ON "order_lines" ("product_id");
--> statement-breakpoint
CREATE TYPE "order_state" AS ENUM ('open', 'paid');
--> statement-breakpoint
COMMENT ON TYPE "order_state" IS 'How far an order has come.';
--> statement-breakpoint
CREATE TABLE "orders" (
  "id" bigserial NOT NULL,
  "customer_id" bigint NOT NULL,
  "state" order_state NOT NULL DEFAULT 'open'::order_state,
  "placed_at" timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT "orders_pkey" PRIMARY KEY ("id")
);
--> statement-breakpoint
COMMENT ON TABLE "orders" IS 'What a customer has ordered.';
--> statement-breakpoint
COMMENT ON COLUMN "orders"."id" IS 'Its number.';
--> statement-breakpoint
COMMENT ON COLUMN "orders"."customer_id" IS 'Whose it is; the orders of a customer go with the customer.';
--> statement-breakpoint
COMMENT ON COLUMN "orders"."state" IS 'How far it has come.';
--> statement-breakpoint
COMMENT ON COLUMN "orders"."placed_at" IS 'When it was begun.';
--> statement-breakpoint
ALTER TABLE "order_lines" ADD CONSTRAINT "order_lines_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "orders" ("id") ON DELETE CASCADE;
--> statement-breakpoint
ALTER TABLE "orders" ADD CONSTRAINT "orders_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customers" ("id") ON DELETE CASCADE;
--> statement-breakpoint
CREATE INDEX "orders_customer_id_idx" ON "orders" ("customer_id");
