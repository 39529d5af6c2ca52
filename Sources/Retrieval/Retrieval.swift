import Index
