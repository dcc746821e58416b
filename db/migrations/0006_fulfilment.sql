CREATE TABLE "cancellations" (
	"cancellation_no" text PRIMARY KEY NOT NULL,
	"order_no" text NOT NULL,
	"asked_by" text NOT NULL,
	"reason" text NOT NULL,
	"lines" jsonb,
	"missing" boolean NOT NULL,
	"shipment_nos" text[] NOT NULL,
	"state" text NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"answer_due_at" timestamp with time zone,
	"decided_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "line_reversals" (
	"order_no" text NOT NULL,
	"line_no" integer NOT NULL,
	"cause" text NOT NULL,
	"quantity" integer NOT NULL,
	"cash_fen" bigint NOT NULL,
	"points" integer NOT NULL,
	"points_fen" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "line_reversals_order_no_line_no_cause_pk" PRIMARY KEY("order_no","line_no","cause")
);
--> statement-breakpoint
CREATE TABLE "order_addresses" (
	"order_no" text NOT NULL,
	"version" integer NOT NULL,
	"region" text NOT NULL,
	"sealed_contact" "bytea" NOT NULL,
	"changed_by" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "order_addresses_order_no_version_pk" PRIMARY KEY("order_no","version")
);
--> statement-breakpoint
CREATE TABLE "order_notes" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "order_notes_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"order_no" text NOT NULL,
	"kind" text NOT NULL,
	"sealed_text" "bytea" NOT NULL,
	"author" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "shipment_lines" (
	"shipment_no" text NOT NULL,
	"line_no" integer NOT NULL,
	"quantity" integer NOT NULL,
	CONSTRAINT "shipment_lines_shipment_no_line_no_pk" PRIMARY KEY("shipment_no","line_no"),
	CONSTRAINT "shipment_lines_quantity" CHECK ("shipment_lines"."quantity" >= 0)
);
--> statement-breakpoint
CREATE TABLE "shipment_reports" (
	"shipment_no" text NOT NULL,
	"event_key" text NOT NULL,
	"stage" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"operator" text,
	"remark" text,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "shipment_reports_shipment_no_event_key_pk" PRIMARY KEY("shipment_no","event_key")
);
--> statement-breakpoint
CREATE TABLE "warehouses" (
	"warehouse_id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"region" text NOT NULL,
	"system" text,
	"handling_seconds" integer DEFAULT 86400 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "points_movements" DROP CONSTRAINT "points_movements_once";--> statement-breakpoint
ALTER TABLE "stock_movements" DROP CONSTRAINT "stock_movements_once";--> statement-breakpoint
ALTER TABLE "shipments" ALTER COLUMN "carrier" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ALTER COLUMN "tracking_no" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ALTER COLUMN "shipped_at" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "points_movements" ADD COLUMN "ref" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "shops" ADD COLUMN "review_rules" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "stage" text DEFAULT 'handed_over' NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "warehouse_id" text;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "warehouse_order_id" text;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "part_of" text;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "planned_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "accepted_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "heard_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "weight_grams" integer;--> statement-breakpoint
ALTER TABLE "stock_movements" ADD COLUMN "ref" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "dispatch" text DEFAULT 'merchant' NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "progress" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "shipments_made" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "cancellation_no" text;--> statement-breakpoint
ALTER TABLE "orders" ADD COLUMN "cancellation_due_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipment_lines" ADD CONSTRAINT "shipment_lines_shipment_no_shipments_shipment_no_fk" FOREIGN KEY ("shipment_no") REFERENCES "public"."shipments"("shipment_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "shipment_reports" ADD CONSTRAINT "shipment_reports_shipment_no_shipments_shipment_no_fk" FOREIGN KEY ("shipment_no") REFERENCES "public"."shipments"("shipment_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cancellations_order" ON "cancellations" USING btree ("order_no");--> statement-breakpoint
CREATE UNIQUE INDEX "cancellations_open" ON "cancellations" USING btree ("order_no") WHERE decided_at is null;--> statement-breakpoint
CREATE INDEX "order_notes_order" ON "order_notes" USING btree ("order_no");--> statement-breakpoint
CREATE INDEX "shipments_in_warehouse" ON "shipments" USING btree ("heard_at") WHERE stage not in ('handed_over', 'refused', 'cancelled');--> statement-breakpoint
ALTER TABLE "points_movements" ADD CONSTRAINT "points_movements_once" UNIQUE("order_no","cause","ref");--> statement-breakpoint
ALTER TABLE "stock_movements" ADD CONSTRAINT "stock_movements_once" UNIQUE("order_no","sku_id","warehouse_id","cause","ref");--> statement-breakpoint
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_parcel" CHECK ("shipments"."stage" <> 'handed_over' or ("shipments"."carrier" is not null and "shipments"."tracking_no" is not null and "shipments"."shipped_at" is not null));