-- What a provider declined stays told (PY-4).
CREATE TRIGGER payment_declines_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payment_declines FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
-- No payment gives back more than it brought, whoever asks at the same time (PY-8, I3): refunds of one payment queue up
-- at its row, and each sees those before it.
CREATE FUNCTION refuse_refund_beyond_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE received bigint; asked_back bigint;
BEGIN
  SELECT received_fen INTO received FROM payments WHERE out_trade_no = NEW.out_trade_no FOR NO KEY UPDATE;
  SELECT sum(amount_fen) INTO asked_back FROM refunds WHERE out_trade_no = NEW.out_trade_no;
  IF received IS NULL OR asked_back > received THEN
    RAISE EXCEPTION 'refunds of % would pass what was paid', NEW.out_trade_no USING ERRCODE = 'DD003';
  END IF;
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER refunds_within_payment AFTER INSERT OR UPDATE OF amount_fen, out_trade_no ON refunds FOR EACH ROW EXECUTE FUNCTION refuse_refund_beyond_payment();
