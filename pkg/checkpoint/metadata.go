package checkpoint

// ReadMetadata reads a safetensors file's metadata alone, however large its
// tensors are. Nothing is verified by a checksum, so it is for showing only;
// Load and Verify are for what counts. It errs as Open does.
func ReadMetadata(path string) (map[string]string, error) {
	r, err := Open(path)
	if err != nil {
		return nil, err
	}
	return r.Metadata, r.Close()
}
