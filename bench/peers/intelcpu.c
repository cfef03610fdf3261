/* Makes the MKL inside libtorch_cpu take its Intel code paths on other processors, when preloaded. */
int mkl_serv_intel_cpu(void) { return 1; }
int mkl_serv_intel_cpu_true(void) { return 1; }
