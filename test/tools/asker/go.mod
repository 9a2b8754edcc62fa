module asker

go 1.26.8
