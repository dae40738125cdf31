-- Migration: alter-enum-order-state
-- Generated: 2026-02-04T10:00:00.000Z
-- Checksum: 510225baa4279f2eaae0119ea4845d9b3b1df8d2508a880bc3e817b6b66e4d67

ALTER TYPE "order_state" ADD VALUE 'shipped';
