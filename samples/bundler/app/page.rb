# Prints a page with a piece of code in it.
require 'i18n'
require 'rouge'
require 'slim'
require 'thor'

class Page < Thor
  def self.exit_on_failure? = true

  desc 'show FILE', 'prints FILE as a page'
  def show(file)
    I18n.backend.store_translations(:en, title: 'The code of %{file}')
    formatter = Rouge::Formatters::HTML.new
    code = formatter.format(Rouge::Lexers::Ruby.new.lex(File.read(file)))
    puts Slim::Template.new { "h1 = title\npre == code\n" }.render(
      Struct.new(:title, :code).new(I18n.t(:title, file: file), code),
    )
  end
end

Page.start
