ALTER TABLE "settlement_lines" ADD COLUMN "seq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "settlement_lines" DROP CONSTRAINT "settlement_lines_order_no_line_no_pk";--> statement-breakpoint
ALTER TABLE "settlement_lines" ADD CONSTRAINT "settlement_lines_order_no_line_no_seq_pk" PRIMARY KEY("order_no","line_no","seq");
