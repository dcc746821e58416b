-- The parcel of a refusal so far was in its case's number.
UPDATE after_sales SET shipment_no = left(case_no, -1) WHERE reason = 'refused_delivery';
