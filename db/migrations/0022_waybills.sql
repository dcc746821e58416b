CREATE TABLE "waybill_lines" (
	"waybill_no" text NOT NULL,
	"order_no" text NOT NULL,
	"line_no" integer NOT NULL,
	"quantity" integer NOT NULL,
	CONSTRAINT "waybill_lines_waybill_no_order_no_line_no_pk" PRIMARY KEY("waybill_no","order_no","line_no"),
	CONSTRAINT "waybill_lines_quantity" CHECK ("waybill_lines"."quantity" > 0)
);
--> statement-breakpoint
CREATE TABLE "waybill_orders" (
	"waybill_no" text NOT NULL,
	"order_no" text NOT NULL,
	"address_version" integer NOT NULL,
	CONSTRAINT "waybill_orders_waybill_no_order_no_pk" PRIMARY KEY("waybill_no","order_no")
);
--> statement-breakpoint
CREATE TABLE "waybills" (
	"waybill_no" text PRIMARY KEY NOT NULL,
	"body_hash" text NOT NULL,
	"merchant_id" text NOT NULL,
	"buyer_id" text NOT NULL,
	"carrier" text NOT NULL,
	"weight_grams" integer,
	"state" text DEFAULT 'asked' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"tracking_no" text,
	"carrier_order_no" text,
	"sealed_label_url" "bytea",
	"refusal" jsonb,
	"ended_at" timestamp with time zone,
	CONSTRAINT "waybills_issued" CHECK ("waybills"."state" in ('asked', 'refused') or "waybills"."tracking_no" is not null),
	CONSTRAINT "waybills_ended" CHECK (("waybills"."state" in ('refused', 'handed_over', 'voided')) = ("waybills"."ended_at" is not null))
);
--> statement-breakpoint
ALTER TABLE "merchants" ADD COLUMN "sender" jsonb;--> statement-breakpoint
ALTER TABLE "waybill_lines" ADD CONSTRAINT "waybill_lines_waybill_no_order_no_waybill_orders_waybill_no_order_no_fk" FOREIGN KEY ("waybill_no","order_no") REFERENCES "public"."waybill_orders"("waybill_no","order_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waybill_orders" ADD CONSTRAINT "waybill_orders_waybill_no_waybills_waybill_no_fk" FOREIGN KEY ("waybill_no") REFERENCES "public"."waybills"("waybill_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waybill_orders" ADD CONSTRAINT "waybill_orders_order_no_orders_order_no_fk" FOREIGN KEY ("order_no") REFERENCES "public"."orders"("order_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "waybills" ADD CONSTRAINT "waybills_merchant_id_merchants_merchant_id_fk" FOREIGN KEY ("merchant_id") REFERENCES "public"."merchants"("merchant_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "waybill_orders_order" ON "waybill_orders" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "waybills_merchant" ON "waybills" USING btree ("merchant_id","created_at");--> statement-breakpoint
CREATE INDEX "waybills_open" ON "waybills" USING btree ("asked_at") WHERE ended_at is null;