package dev.coracle.apiserver.internal.encryption;

/** Values as they are. */
final class Identity implements ValueTransformer {

  @Override
  public String prefix() {
    return "";
  }

  @Override
  public boolean owns(byte[] stored) {
    return !Prefix.encrypted(stored);
  }

  @Override
  public byte[] seal(String key, byte[] plain) {
    return plain;
  }

  @Override
  public byte[] open(String key, byte[] stored) {
    return stored;
  }
}
