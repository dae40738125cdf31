-- Migration: customers-and-products
-- Generated: 2026-02-01T10:00:00.000Z
-- Checksum: 0fe381ae0c31e228edbbb408c576329eaf35072a1d59c063f69e11df2a3c8bd6

CREATE TABLE "customers" (
  "id" bigserial NOT NULL,
  "email" character varying(200) NOT NULL,
  "name" text NOT NULL,
  CONSTRAINT "customers_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "customers_email_key" UNIQUE ("email")
);
--> statement-breakpoint
COMMENT ON TABLE "customers" IS 'Who buys.';
--> statement-breakpoint
COMMENT ON COLUMN "customers"."id" IS 'Its number.';
--> statement-breakpoint
COMMENT ON COLUMN "customers"."email" IS 'Where news of orders go.';
--> statement-breakpoint
COMMENT ON COLUMN "customers"."name" IS 'How the customer is addressed.';
--> statement-breakpoint
CREATE TABLE "products" (
  "id" bigserial NOT NULL,
  "sku" character varying(40) NOT NULL,
  "title" text NOT NULL,
  "price_cents" bigint NOT NULL,
  CONSTRAINT "products_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "products_sku_key" UNIQUE ("sku")
);
--> statement-breakpoint
COMMENT ON TABLE "products" IS 'What is sold.';
--> statement-breakpoint
COMMENT ON COLUMN "products"."id" IS 'Its number.';
--> statement-breakpoint
COMMENT ON COLUMN "products"."sku" IS 'What the stock calls it.';
--> statement-breakpoint
COMMENT ON COLUMN "products"."title" IS 'What customers read.';
--> statement-breakpoint
COMMENT ON COLUMN "products"."price_cents" IS 'What one of it costs, in cents.';
