"""From files of strangers to a prepared data set: checked, without duplicates, split by scene."""
