package dev.coracle.client.net;

/** A kubelet has answered, but not with what was asked for. */
public final class KubeletAnswerException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final int code;

  /**
   * @param code of HTTP
   */
  public KubeletAnswerException(int code) {
    super("the kubelet answered " + code, null, false, false);
    this.code = code;
  }

  public int code() {
    return code;
  }
}
