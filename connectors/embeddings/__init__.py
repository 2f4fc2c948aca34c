"""Texts as vectors: what an encoder is (`encoder`), the local one (`minilm`) and the hosted one (`openai`)."""
