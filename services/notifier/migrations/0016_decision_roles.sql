-- Whom an overdue decision is told to, as the city's rule said when its clock started; null in older rows.
alter table decision_clock add column roles text[];
