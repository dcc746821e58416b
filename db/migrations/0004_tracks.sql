CREATE TABLE "parcel_anomalies" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "parcel_anomalies_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"shipment_no" text NOT NULL,
	"kind" text NOT NULL,
	"opened_at" timestamp with time zone NOT NULL,
	"closed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "track_events" (
	"shipment_no" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"seq" integer NOT NULL,
	"text" text NOT NULL,
	"code" text,
	"location" text,
	"state" text NOT NULL,
	"received_at" timestamp with time zone NOT NULL,
	CONSTRAINT "track_events_shipment_no_at_text_pk" PRIMARY KEY("shipment_no","at","text")
);
--> statement-breakpoint
ALTER TABLE "shops" ADD COLUMN "signed_receipt_seconds" integer DEFAULT 259200;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "track_state" text DEFAULT 'handed_over' NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "last_event_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "last_event_text" text;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "track_salt" text;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "watched_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "asked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "failed_asks" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "shipments" ADD COLUMN "track_ended" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "parcel_anomalies" ADD CONSTRAINT "parcel_anomalies_shipment_no_shipments_shipment_no_fk" FOREIGN KEY ("shipment_no") REFERENCES "public"."shipments"("shipment_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "track_events" ADD CONSTRAINT "track_events_shipment_no_shipments_shipment_no_fk" FOREIGN KEY ("shipment_no") REFERENCES "public"."shipments"("shipment_no") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "parcel_anomalies_open" ON "parcel_anomalies" USING btree ("shipment_no","kind") WHERE closed_at is null;--> statement-breakpoint
CREATE INDEX "shipments_on_the_way" ON "shipments" USING btree ("shipped_at") WHERE not track_ended;