print("radphi-rag")
