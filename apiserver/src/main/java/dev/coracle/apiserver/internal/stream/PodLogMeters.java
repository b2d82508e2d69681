package dev.coracle.apiserver.internal.stream;

import dev.coracle.apiserver.internal.http.Exchange;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.security.GeneralSecurityException;

/** Whether kubelets' certificates are checked when logs are read, under upstream's names. */
public final class PodLogMeters {

  private static final String PREFIX = "kube_apiserver_pod_logs_";

  private final Counter verified;
  private final Counter unverified;
  private final Counter untrusted;

  public PodLogMeters(MeterRegistry registry) {
    verified = registry.counter(PREFIX + "insecure_backend_total", "usage", "enforce_tls");
    unverified = registry.counter(PREFIX + "insecure_backend_total", "usage", "skip_tls_allowed");
    untrusted = registry.counter(PREFIX + "backend_tls_failure_total");
  }

  /** Logs are asked for. */
  void asked(boolean withoutVerifying) {
    (withoutVerifying ? unverified : verified).increment();
  }

  /** A request's other side was not reached; counts where it was for logs, and not trusted. */
  void unreached(Exchange exchange, Destination to, Throwable failure) {
    if (!to.kubelet() || !exchange.info().subresource().equals("log")) {
      return;
    }
    for (Throwable f = failure; f != null; f = f.getCause()) {
      if (f instanceof GeneralSecurityException) {
        untrusted.increment();
        return;
      }
    }
  }
}
