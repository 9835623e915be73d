"""What touches the outside: the lake (Parquet), the store (SQLAlchemy), the clock. Knows no stage."""
