package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * How much a kubelet asks of the API server.
 *
 * @param perSecond {@code kubeAPIQPS}; zero for as much as there is to ask and to tell, which is so
 *     where nothing is said
 * @param burst {@code kubeAPIBurst}: at once
 */
public record RequestRate(int perSecond, int burst) {
  private static final int USUAL = 50;

  public static final RequestRate NONE = new RequestRate(0, 100);

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static RequestRate parse(JsonNode document) {
    int perSecond = ConfigFields.notNegative(document, "kubeAPIQPS", "--kube-api-qps");
    int burst = ConfigFields.notNegative(document, "kubeAPIBurst", "--kube-api-burst");
    if (perSecond == 0 && burst == 0) {
      return NONE;
    }
    return new RequestRate(perSecond == 0 ? USUAL : perSecond, burst == 0 ? NONE.burst : burst);
  }
}
