"""The GPU worker: trains LoRAs and makes images from them. Ships alone and speaks only HTTP."""
