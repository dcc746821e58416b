CREATE TABLE "after_sale_evidence" (
	"evidence_id" text PRIMARY KEY NOT NULL,
	"case_no" text NOT NULL,
	"given_by" text NOT NULL,
	"media_type" text NOT NULL,
	"bytes" integer NOT NULL,
	"sha256" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "after_sale_lines" (
	"case_no" text NOT NULL,
	"line_no" integer NOT NULL,
	"quantity" integer NOT NULL,
	CONSTRAINT "after_sale_lines_case_no_line_no_pk" PRIMARY KEY("case_no","line_no")
);
--> statement-breakpoint
CREATE TABLE "after_sale_log" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "after_sale_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"case_no" text NOT NULL,
	"action" text NOT NULL,
	"actor" text NOT NULL,
	"from_state" text,
	"to_state" text NOT NULL,
	"words" text,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "after_sales" (
	"case_no" text PRIMARY KEY NOT NULL,
	"order_no" text NOT NULL,
	"buyer_id" text NOT NULL,
	"merchant_id" text NOT NULL,
	"kind" text NOT NULL,
	"reason" text NOT NULL,
	"sealed_words" "bytea",
	"hold_id" text NOT NULL,
	"was_signed" boolean NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"version" integer NOT NULL,
	"due_at" timestamp with time zone,
	"offer_fen" bigint,
	"return_to" text,
	"instructions" text,
	"carrier" text,
	"tracking_no" text,
	"refunded_fen" bigint,
	"outcome" text,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "after_sale_evidence" ADD CONSTRAINT "after_sale_evidence_case_no_after_sales_case_no_fk" FOREIGN KEY ("case_no") REFERENCES "public"."after_sales"("case_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "after_sale_lines" ADD CONSTRAINT "after_sale_lines_case_no_after_sales_case_no_fk" FOREIGN KEY ("case_no") REFERENCES "public"."after_sales"("case_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "after_sale_log" ADD CONSTRAINT "after_sale_log_case_no_after_sales_case_no_fk" FOREIGN KEY ("case_no") REFERENCES "public"."after_sales"("case_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "after_sale_evidence_case" ON "after_sale_evidence" USING btree ("case_no");--> statement-breakpoint
CREATE INDEX "after_sale_log_case" ON "after_sale_log" USING btree ("case_no");--> statement-breakpoint
CREATE INDEX "after_sales_order" ON "after_sales" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "after_sales_buyer" ON "after_sales" USING btree ("buyer_id","case_no");--> statement-breakpoint
CREATE INDEX "after_sales_merchant" ON "after_sales" USING btree ("merchant_id","state","case_no");--> statement-breakpoint
CREATE INDEX "after_sales_open" ON "after_sales" USING btree ("opened_at") WHERE ended_at is null;