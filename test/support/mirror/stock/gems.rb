# Makes gems of what packages of Debian have unpacked into ROOT, in DESTINATION/gems, and the index of them.
require "fileutils"
require "rubygems/package"

root, destination = ARGV.map { |path| File.expand_path(path) }
gems = File.join(destination, "gems")
FileUtils.mkdir_p(gems)
Dir[File.join(root, "usr/share/rubygems-integration/all/specifications/*.gemspec")].each do |path|
  spec = Gem::Specification.load(path)
  of_its_own = File.join(root, "usr/share/rubygems-integration/all/gems", spec.full_name)
  home, from = File.directory?(of_its_own) ? [of_its_own, "."] : [File.join(root, "usr/lib/ruby"), "vendor_ruby"]
  staged = File.join(destination, "staged", spec.full_name)
  FileUtils.mkdir_p(staged)
  if from == "."
    FileUtils.cp_r(File.join(home, "."), staged)
  else
    FileUtils.mkdir_p(File.join(staged, "lib"))
    Dir[File.join(home, from, "#{spec.name}{,.rb}")].each { |file| FileUtils.cp_r(file, File.join(staged, "lib")) }
  end
  Dir.chdir(staged) do
    spec.executables = []
    spec.files = Dir["**/*"].select { |file| File.file?(file) }
    FileUtils.mv(Gem::Package.build(spec, true), gems)
  end
end
FileUtils.rm_rf(File.join(destination, "staged"))
