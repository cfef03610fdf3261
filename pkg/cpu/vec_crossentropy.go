package cpu

import "math"

// crossEntropy returns the negative log-likelihood in nats of the target under
// softmax(logits). Unless dlogits is nil it stores its gradient times scale,
// scale·(softmax(logits) − onehot(target)), there; dlogits may be logits.
func (ks *kernels[T]) crossEntropy(dlogits, logits []T, target int, scale T) float64 {
	most, hit := ks.max(logits), logits[target]
	var sum T
	if dlogits == nil {
		sum = ks.expSum(logits, most)
	} else {
		sum = ks.exp(dlogits, logits, most)
		ks.scale(dlogits, dlogits, scale/sum)
		dlogits[target] -= scale
	}
	return math.Log(float64(sum)) + (float64(most) - float64(hit))
}
